switch (kind) {
case A: open(); break;
case B: close(); break;
case A2: open(); break;
default: stop(); break;
}
switch (other) {
case A: open(); break;
case B: close(); break;
default: stop(); break;
}
