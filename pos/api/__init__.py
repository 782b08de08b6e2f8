"""The door tills come through. A till shows its token (`Authorization: Till <token>`); a browser that wants to become
one shows a one-time code."""

from pos.api.asked import TillQuestionAnswer, TillQuestions
from pos.api.catalogue import TillCatalogue, TillCatalogueChunk, TillSearch, TillStock
from pos.api.inbox import TillInbox, TillInboxFixes, TillInboxNote
from pos.api.journal import TillJournal
from pos.api.returns import TillReceipts, TillReturnQuotes, TillReturns
from pos.api.tills import TillCheckpoint, TillEnrolments, TillItself

__all__ = [
    "TillCatalogue",
    "TillCatalogueChunk",
    "TillCheckpoint",
    "TillEnrolments",
    "TillInbox",
    "TillInboxFixes",
    "TillInboxNote",
    "TillItself",
    "TillJournal",
    "TillQuestionAnswer",
    "TillQuestions",
    "TillReceipts",
    "TillReturnQuotes",
    "TillReturns",
    "TillSearch",
    "TillStock",
]
