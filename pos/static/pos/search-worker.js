// Finds things by their words, away from the page.
