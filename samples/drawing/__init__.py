"""How the sample images are drawn: shapes of digits, a pen, surfaces, kinds of pictures."""
