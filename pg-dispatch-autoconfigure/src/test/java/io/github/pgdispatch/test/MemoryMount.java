package io.github.pgdispatch.test;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * Lets a directory be in memory. In a tree beside the system, {@code /dev/shm} is out of
 * reach.
 */
final class MemoryMount {

	private MemoryMount() {
	}

	/**
	 * Mounts memory on a directory. It stays what it is if there is no room, or if this
	 * container may not mount.
	 * @param directory which is empty
	 */
	static void mount(Path directory) {
		try {
			if (ServerDirectory.hasRoom()) {
				DebianPackages.run(List.of("mount", "-t", "tmpfs", "pg-dispatch-test", directory.toString()));
			}
		}
		catch (IllegalStateException ex) {
			System.out.println("Tests with pg_cron take longer, on disk: " + ex.getMessage());
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	/**
	 * Gives the memory back, if there is any: at the latest when the processes end that
	 * use it.
	 * @param directory on which it may be mounted
	 */
	static void unmount(Path directory) throws IOException {
		if (!Files.getFileStore(directory).equals(Files.getFileStore(directory.getParent()))) {
			DebianPackages.run(List.of("umount", "--lazy", directory.toString()));
		}
	}

}
