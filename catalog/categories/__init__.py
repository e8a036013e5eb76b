"""Official schemes (官方目录), imported as published."""
