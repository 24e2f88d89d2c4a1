#include <stdio.h>
int main(int argc, char **argv) {
    switch (argc) {
    case 1: printf("none"); break;
    case 2: printf("one"); break;
    default: printf("many"); break;
    }
retry:
    if (!run()) goto retry;
    return 0;
}
