# Sourced: finds an interpreter that really answers. A name on PATH may be a version manager's shim that only fails.
python=
for candidate in ${PYTHON:+"$PYTHON"} python3 python3.13 python3.12 python3.11 python; do
    if "$candidate" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then
        python=$candidate
        break
    fi
done
if [ -z "$python" ]; then
    echo "$(basename -- "$0"): Python 3.11 or later with its venv module is needed, and none on PATH answers (Debian: apt-get install python3 python3-venv)." >&2
    exit 2
fi
