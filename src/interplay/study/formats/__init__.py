"""What files of studies look like, and their strict opening: every cell as text, every row counted."""
