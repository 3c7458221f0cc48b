"""A document becomes chunks a model reads whole: by turns, sections, functions, entities or messages."""
