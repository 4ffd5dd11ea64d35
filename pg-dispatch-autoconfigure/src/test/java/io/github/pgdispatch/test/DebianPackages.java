package io.github.pgdispatch.test;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;

/**
 * Debian's packages, unpacked in a folder beside the system. They are kept, as it takes a
 * while to fetch them.
 */
public final class DebianPackages {

	private static final String RELEASE = "trixie";

	/**
	 * What an unpacked tree needs before its packages' links are right.
	 */
	private static final String USR_MERGE = """
			mkdir -p "$1"/usr/bin "$1"/usr/lib "$1"/usr/sbin "$1"/usr/lib64 "$1"/proc "$1"/sys
			for d in bin sbin lib lib64; do ln -s usr/$d "$1"/$d; done""";

	private DebianPackages() {
	}

	/**
	 * Returns whether packages can be unpacked here.
	 * @return whether this is Debian, or a system made of it, and the user is root
	 */
	public static boolean areAvailable() {
		return Files.exists(Path.of("/etc/debian_version")) && "root".equals(System.getProperty("user.name"));
	}

	/**
	 * Unpacks packages, unless they are.
	 * @param name of the folder, to which the release and a hash of the packages are
	 * added
	 * @param packages to unpack, with all that they depend on
	 * @param once what to do after they are unpacked
	 * @param always what to do each time, while no other virtual machine is here
	 * @return the folder
	 */
	public static Path unpacked(String name, List<String> packages, Step once, Step always) {
		Path home = Path.of(System.getProperty("user.home"), ".cache", "pg-dispatch");
		Path root = home.resolve(name + "-" + RELEASE + "-" + Integer.toHexString(packages.hashCode()));
		try {
			Files.createDirectories(home);
			try (FileChannel channel = FileChannel.open(home.resolve("lock"), StandardOpenOption.CREATE,
					StandardOpenOption.WRITE); FileLock lock = channel.lock()) {
				if (!Files.exists(root)) {
					unpack(root, packages, once);
				}
				always.take(root);
			}
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
		return root;
	}

	private static void unpack(Path root, List<String> packages, Step once) throws IOException {
		System.out.println("Unpacking " + String.join(", ", packages) + " into " + root);
		if (!Files.exists(Path.of("/usr/bin/mmdebstrap"))) {
			System.out.println("Installing the package mmdebstrap for that");
			run(List.of("apt-get", "-q", "update"));
			run(List.of("apt-get", "-q", "-y", "install", "mmdebstrap"));
		}
		Path unfinished = root.resolveSibling(root.getFileName() + ".unfinished");
		run(List.of("rm", "-rf", unfinished.toString()));
		run(List.of("mmdebstrap", "--variant=extract", "--include=" + String.join(",", packages),
				"--aptopt=APT::Install-Recommends \"false\"", "--setup-hook=" + USR_MERGE, RELEASE,
				unfinished.toString()));
		run(List.of("install", "-d", "-m", "1777", unfinished.resolve("tmp").toString()));
		once.take(unfinished);
		Files.move(unfinished, root);
	}

	/**
	 * Runs a command, and waits for it.
	 * @param command the program and its arguments
	 * @return what it has printed
	 * @throws IllegalStateException if it failed, with what it has printed
	 */
	public static String run(List<String> command) {
		return run(Path.of("").toAbsolutePath(), command);
	}

	/**
	 * Runs a command in a folder, like {@link #run(List)}.
	 */
	public static String run(Path folder, List<String> command) {
		try {
			Path output = Files.createTempFile("pg-dispatch-test-", ".log");
			try {
				// To a file: a server that goes on would keep a pipe open.
				Process process = new ProcessBuilder(command).directory(folder.toFile())
					.redirectErrorStream(true)
					.redirectOutput(output.toFile())
					.redirectInput(Path.of("/dev/null").toFile())
					.start();
				int status = process.waitFor();
				String printed = Files.readString(output, StandardCharsets.UTF_8);
				if (status != 0) {
					throw new IllegalStateException(command + " ended with " + status + ": " + printed);
				}
				return printed;
			}
			finally {
				Files.delete(output);
			}
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			throw new IllegalStateException(ex);
		}
	}

	/**
	 * What is done with the folder.
	 */
	public interface Step {

		void take(Path root) throws IOException;

	}

}
