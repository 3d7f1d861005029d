/* `kith bonds import': brings bonds of other systems into a store. */
#ifndef TOOLS_BONDS_IMPORT_H
#define TOOLS_BONDS_IMPORT_H

/* argv[0] is "kith bonds import".  Returns an exit status. */
int bonds_import_main(int argc, char **argv);

#endif
