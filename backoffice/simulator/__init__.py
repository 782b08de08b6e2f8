"""The basket simulator: what a basket costs in a place at a moment, and why, by the rules of the tills.

asking     the address, read and written: everything that is tried stands in the query string
queries    places, goods, sold baskets and kept ones, as far as somebody may see them
trying     the basket priced, with and without the promotion that is looked at
telling    the answer in words: rows, notes, totals
recent     the last baskets that were sold, tried with a promotion, in the background
"""
