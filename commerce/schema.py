"""The GraphQL schema: each app brings its Query and its extensions of types below it; here they are put together."""

import catalog.schema
import customers.schema
import customers.schema_known
import customers.schema_value
import inventory.schema
import orders.schema
import orders.schema.books
import orders.schema.on_account
import orders.schema.payments
import orders.schema.quotes
from commerce.graphql import compose

schema = compose(
    queries=[
        catalog.schema.Query,
        catalog.schema.PriceQuery,
        inventory.schema.Query,
        customers.schema.Query,
        customers.schema_known.Query,
        customers.schema_value.Query,
        orders.schema.Query,
        orders.schema.on_account.Query,
        orders.schema.payments.Query,
        orders.schema.books.Query,
        orders.schema.CartQuery,
        orders.schema.quotes.Query,
        orders.schema.ReturnQuery,
    ],
    mutations=[
        inventory.schema.Mutation,
        customers.schema.Mutation,
        customers.schema_known.Mutation,
        customers.schema_value.Mutation,
        orders.schema.on_account.Mutation,
        orders.schema.payments.Mutation,
        orders.schema.books.Mutation,
        orders.schema.LifeMutation,
        orders.schema.quotes.Mutation,
        orders.schema.CartMutation,
        orders.schema.ReturnMutation,
    ],
    extensions=[(catalog.schema.Variant, inventory.schema.VariantStock)],
)
