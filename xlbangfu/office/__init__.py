"""Jobs of the school office over a folder of class workbooks."""
