#!/usr/bin/env bash
# Streamlit's cache returns the result of another table, if the table is large.
#
# Expected: st.cache_data calls the function again when a value in its table has changed, as it does for small ones.
# Seen with streamlit 1.67.0: of a table of 60,000 rows only a sample is looked at, so that the sum of the stars stays
# the old one after a row was corrected; the same of an array of 600,000 numbers. With 1,000 rows it is the new one.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet streamlit==1.67.0 pandas==3.1.1 numpy==2.4.6
"$folder/venv/bin/python" - <<'PYTHON'
import logging
import sys

import numpy
import pandas
import streamlit

logging.disable(logging.CRITICAL)  # that there is no page
print("streamlit", streamlit.__version__)


@streamlit.cache_data
def total(table):
    return float(table.sum().sum())


def of_both(values):
    """The total before and after one value becomes 1,000."""
    before = total(values)
    corrected = values.copy()
    if isinstance(corrected, pandas.DataFrame):
        corrected.loc[0, "stars"] = 1000.0
    else:
        corrected[0] = 1000.0
    return before, total(corrected)


small = of_both(pandas.DataFrame({"stars": numpy.ones(1_000)}))
large = of_both(pandas.DataFrame({"stars": numpy.ones(60_000)}))
array = of_both(numpy.ones(600_000))
print("expected: (1000.0, 1999.0), (60000.0, 60999.0), (600000.0, 600999.0)")
print("seen:", small, large, array)
sys.exit((small, large, array) != ((1000.0, 1999.0), (60000.0, 60000.0), (600000.0, 600000.0)))
PYTHON
