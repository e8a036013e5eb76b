"""The archive (资料档案): one package a project, its required papers, the bag, its retention and its disposal."""
