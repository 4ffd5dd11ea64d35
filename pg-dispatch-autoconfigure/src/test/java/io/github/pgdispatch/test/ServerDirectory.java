package io.github.pgdispatch.test;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

import org.springframework.util.FileSystemUtils;

/**
 * Where the data of a server is. One that does not flush its data needs no disk: it
 * creates and truncates tables several times as fast in memory.
 */
final class ServerDirectory {

	/**
	 * What Linux has for files in memory.
	 */
	private static final Path MEMORY = Path.of("/dev/shm");

	/**
	 * Several times of what all tests that run at the same time have taken.
	 */
	private static final long ENOUGH = 4L << 30;

	private static final String PREFIX = "pg-dispatch-test-";

	private ServerDirectory() {
	}

	/**
	 * Creates a directory.
	 * @param settings of the server's configuration
	 * @return a directory of this virtual machine's own, which is empty
	 */
	static Path create(String... settings) throws IOException {
		if (List.of(settings).contains("fsync=off") && hasRoom()) {
			removeLeftovers();
			return Files.createTempDirectory(MEMORY, PREFIX + ProcessHandle.current().pid() + "-");
		}
		return Files.createTempDirectory(PREFIX);
	}

	/**
	 * Returns whether there is enough memory for the servers' data.
	 */
	static boolean hasRoom() throws IOException {
		return Files.isWritable(MEMORY) && Files.getFileStore(MEMORY).getUsableSpace() > ENOUGH;
	}

	/**
	 * Removes what virtual machines have left that were killed: it would hold memory. A
	 * server without its directory ends by itself.
	 */
	private static void removeLeftovers() throws IOException {
		try (Stream<Path> files = Files.list(MEMORY)) {
			files.filter((file) -> file.getFileName().toString().matches(PREFIX + "\\d+-\\d+"))
				.filter((file) -> ProcessHandle.of(owner(file)).isEmpty())
				.forEach((file) -> FileSystemUtils.deleteRecursively(file.toFile()));
		}
	}

	private static long owner(Path directory) {
		return Long.parseLong(directory.getFileName().toString().substring(PREFIX.length()).split("-")[0]);
	}

}
