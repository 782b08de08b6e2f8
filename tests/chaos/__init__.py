"""The till under attack: real Chromium, the whole product, and everything between them failing on purpose.

plan.py says what will happen, till.py and proxy.py and faults.py make it happen, oracle.py judges what is left.
"""
