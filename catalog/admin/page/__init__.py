"""The page of one product: an overview and tabs, each tab one form that saves through services."""
