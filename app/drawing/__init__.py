"""Pictures of a week: values in, SVG and the same in words out. Nothing here reads or writes."""
