import os


class Counter:
    def __init__(self):
        self.n = 0

    def add(self, x: int) -> None:
        if x > 0:
            self.n += x
        else:
            raise ValueError("x")


for name in os.listdir("."):
    print(name)
