/* `kith bonds export': writes bonds for another system.  This is the one place of the command that writes keys. */
#ifndef TOOLS_BONDS_EXPORT_H
#define TOOLS_BONDS_EXPORT_H

/* argv[0] is "kith bonds export".  Returns an exit status. */
int bonds_export_main(int argc, char **argv);

#endif
