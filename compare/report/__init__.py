"""What a comparison found, for people and for programs: on the terminal, as a page, Markdown, CSV and JSON.

`write_files` makes everything of `FinishedRun`s. Knows the log's rows; knows no database, model or browser.
"""

from compare.report.files import PAGE, SUMMARY, write_files
from compare.report.finished import FinishedRun
from compare.report.summary import checks
from compare.report.terminal import comparison_tables

__all__ = ["PAGE", "SUMMARY", "FinishedRun", "checks", "comparison_tables", "write_files"]
