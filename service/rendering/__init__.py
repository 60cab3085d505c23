"""From a plan to a PDF: layouts, type, codes, pages, and the worker processes that make them."""
