// Keeps a second copy of the journal, away from the page.
