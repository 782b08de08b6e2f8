"""Products from files: read as a stream, shaped by format, saved whole in batches, refused rows told."""
