/*
 * Opens a folder again, to read the names in it through a descriptor of its own.
 */
#ifndef HARVESTER_BASE_FOLDER_H
#define HARVESTER_BASE_FOLDER_H

#include <dirent.h>

/*
 * Open the folder of the descriptor `folder` again, from its first name on; `folder` stays open and
 * keeps its position. The caller ends the result with closedir(). NULL, with errno, if the folder
 * cannot be read. Blocks on the disk. Any thread.
 */
DIR *folder_open_again(int folder);

#endif
