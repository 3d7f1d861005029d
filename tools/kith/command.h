/* The commands of `kith`, each a main of its own, and what they share. */
#ifndef TOOLS_COMMAND_H
#define TOOLS_COMMAND_H

/* How the program ends; the words for them are in main.c's help. */
enum { EXIT_OK = 0, EXIT_FAILED = 1, EXIT_WRONG_USE = 2, EXIT_PARTLY = 3, EXIT_NOT_FOUND = 4, EXIT_INTERRUPTED = 130 };

/* argv[0] is "kith COMMAND".  Returns an exit status. */
int demo_main(int argc, char **argv);
int controller_main(int argc, char **argv);
int serve_main(int argc, char **argv);
int pair_main(int argc, char **argv);
int connect_main(int argc, char **argv);
int scan_main(int argc, char **argv);
int info_main(int argc, char **argv);
int read_main(int argc, char **argv);
int write_main(int argc, char **argv);
int subscribe_main(int argc, char **argv);
int bonds_main(int argc, char **argv);
int matrix_main(int argc, char **argv);
int capacity_main(int argc, char **argv);
int lint_main(int argc, char **argv);

/* "kith: <sentence>" and a line end on stderr.  Returns EXIT_FAILED. */
int complain(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
