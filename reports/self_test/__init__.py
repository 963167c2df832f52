"""The self-test judged and told: did the gate see every fault, and nothing where there was none?"""
