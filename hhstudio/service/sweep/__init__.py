"""Running a sweep: attempts at its runs, engines that carry them out, and one table of results."""
