from django.urls import path

from pos import api

urlpatterns = [
    path("till-enrolments", api.TillEnrolments.as_view(), name="till-enrolments"),
    path("till", api.TillItself.as_view(), name="till-document"),
    path("till/catalogue", api.TillCatalogue.as_view(), name="till-catalogue"),
    path("till/catalogue/chunks/<str:id>", api.TillCatalogueChunk.as_view(), name="till-catalogue-chunk"),
    path("till/checkpoint", api.TillCheckpoint.as_view(), name="till-checkpoint"),
    path("till/receipts", api.TillReceipts.as_view(), name="till-receipts"),
    path("till/returns", api.TillReturns.as_view(), name="till-returns"),
    path("till/returns/quotes", api.TillReturnQuotes.as_view(), name="till-return-quotes"),
    path("till/search", api.TillSearch.as_view(), name="till-search"),
    path("till/stock", api.TillStock.as_view(), name="till-stock"),
    path("till/journal", api.TillJournal.as_view(), name="till-journal"),
    path("till/inbox", api.TillInbox.as_view(), name="till-inbox"),
    path("till/inbox/<int:note>", api.TillInboxNote.as_view(), name="till-inbox-note"),
    path("till/inbox/<int:note>/fixes", api.TillInboxFixes.as_view(), name="till-inbox-fixes"),
    path("till/questions", api.TillQuestions.as_view(), name="till-questions"),
    path("till/questions/<int:note>/answer", api.TillQuestionAnswer.as_view(), name="till-question-answer"),
]
