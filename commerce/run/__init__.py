"""What bin/run and bin/test do, in plain Python: it runs before anything is installed, so it imports the standard library alone."""
