"""Networks: a spec turned into generated weights, by a hierarchy of hypernetworks."""
