"""The kill campaign (强杀演练): SIGKILL at random under load, then every acknowledged write is looked for.

machine   the servers and the platform, killed and started again
ground    the world in which people work;  load: the people, who write through the front door
caller    one person's HTTP session, repeating what was not answered
watch     a stranger who sees when full pages are served again
campaign  one run;  checks: what must hold in the end;  figures: its table
"""
