"""Files of other programs: bytes in, findings out, each with its line. Nothing here is trusted."""
