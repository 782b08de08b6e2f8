import sys
from pathlib import Path

# Started as a directory, so that it works from any working directory and before anything is installed.
sys.path[0] = str(Path(__file__).resolve().parent.parent.parent)

if __name__ == "__main__":
    if sys.argv[1:2] == ["test"]:
        from commerce.run.checks import main as check

        sys.exit(check(arguments=sys.argv[2:]))
    if sys.argv[1:2] in (["chaos"], ["crash"]):
        from commerce.run.chaos import main as attack

        sys.exit(attack(name=sys.argv[1], arguments=sys.argv[2:]))
    from commerce.run.start import main as run

    sys.exit(run(arguments=sys.argv[1:]))
