from django.urls import path

from customers.api import deciding, people, value

app_name = "customers"
urlpatterns = [
    path("customers", people.Customers.as_view(), name="customers"),
    path("customers/<uuid:customer>", people.CustomerDoor.as_view(), name="customer"),
    path("customers/<uuid:customer>/addresses", people.Addresses.as_view(), name="customer-addresses"),
    path("customers/<uuid:customer>/addresses/<uuid:address>", people.AddressDoor.as_view(), name="customer-address"),
    path("customers/<uuid:customer>/identities", people.Identities.as_view(), name="customer-identities"),
    path("customers/<uuid:customer>/identities/<int:identity>", people.IdentityDoor.as_view(), name="customer-identity"),
    path("customers/<uuid:customer>/timeline", people.Timeline.as_view(), name="customer-timeline"),
    path("customers/<uuid:customer>/export", people.Export.as_view(), name="customer-export"),
    path("customers/<uuid:customer>/consents", deciding.Consents.as_view(), name="customer-consents"),
    path("customers/<uuid:customer>/notes", deciding.Notes.as_view(), name="customer-notes"),
    path("customers/<uuid:customer>/merges", deciding.Merges.as_view(), name="customer-merges"),
    path("customers/<uuid:customer>/erasures", deciding.Erasures.as_view(), name="customer-erasures"),
    path("customer-suggestions", deciding.Suggestions.as_view(), name="customer-suggestions"),
    path("customer-suggestions/<int:suggestion>/separations", deciding.Separations.as_view(), name="customer-separations"),
    path("customer-groups", deciding.Groups.as_view(), name="customer-groups"),
    path("gift-cards", value.GiftCards.as_view(), name="gift-cards"),
    path("gift-cards/<uuid:id>/codes", value.GiftCardCodes.as_view(), name="gift-card-codes"),
    path("gift-cards/<uuid:id>/top-ups", value.GiftCardTopUps.as_view(), name="gift-card-top-ups"),
    path("gift-cards/<uuid:id>/blocks", value.GiftCardBlocks.as_view(), name="gift-card-blocks"),
    path("gift-card-balances", value.GiftCardBalances.as_view(), name="gift-card-balances"),
    path("customers/<uuid:customer>/credit", value.CustomerCredit.as_view(), name="customer-credit"),
    path("customers/<uuid:customer>/points", value.CustomerPoints.as_view(), name="customer-points"),
    path("value-accounts", value.ValueAccounts.as_view(), name="value-accounts"),
    path("value-accounts/<uuid:id>", value.ValueAccount.as_view(), name="value-account"),
    path("value-accounts/<uuid:id>/movements", value.ValueMovements.as_view(), name="value-movements"),
    path("value-accounts/<uuid:id>/adjustments", value.ValueAdjustments.as_view(), name="value-adjustments"),
    path("value-liability", value.ValueLiability.as_view(), name="value-liability"),
]
