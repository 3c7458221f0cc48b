"""The loop over the company's texts: jobs are sent to a place that has a GPU, watched, and paid for within a budget."""
