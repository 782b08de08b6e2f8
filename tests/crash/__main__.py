import sys

from tests.crash.run import main

sys.exit(main(sys.argv[1:]))
