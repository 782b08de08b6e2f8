"""What customers learn of orders, said when the app starts: they stand below and import nothing from here."""

from customers import above
from orders.queries import of_customers
from orders.services import merged_customers

above.add(
    "orders",
    above.Above(
        timeline=of_customers.timeline,
        export=of_customers.export,
        merge=merged_customers.follow,
        holds=of_customers.holds,
    ),
)
above.add("orders.mails", above.Above(timeline=of_customers.mails))
