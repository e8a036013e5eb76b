"""The kill campaign (强杀演练): SIGKILL at random under load, then every acknowledged write is looked for.

machine  the servers and the platform, killed and started again        load    people who write through the front door
caller   one person's HTTP session, repeating what was not answered    ground  the world they work in
checks   what must hold in the end
"""
