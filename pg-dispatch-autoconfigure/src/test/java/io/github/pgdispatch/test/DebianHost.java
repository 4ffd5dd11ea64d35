package io.github.pgdispatch.test;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;

/**
 * Debian's packages, unpacked in a folder beside the system. They are kept, as it takes a
 * while to fetch them; the servers' data is not.
 */
final class DebianHost implements PgCronHost {

	private static final String RELEASE = "trixie";

	private static final List<String> PACKAGES = List.of("postgresql-" + MAJOR, "postgresql-" + MAJOR + "-cron",
			"postgresql-" + MAJOR + "-pgtap", "pgbouncer", "dash", "coreutils", "tzdata");

	/**
	 * What an unpacked tree needs before its packages' links are right.
	 */
	private static final String USR_MERGE = """
			mkdir -p "$1"/usr/bin "$1"/usr/lib "$1"/usr/sbin "$1"/usr/lib64 "$1"/proc "$1"/sys
			for d in bin sbin lib lib64; do ln -s usr/$d "$1"/$d; done""";

	/**
	 * Somebody without a name outside, and with no rights.
	 */
	private static final String USER = "54321";

	private final Path root;

	private final Path data;

	DebianHost() {
		this.root = unpacked();
		this.data = this.root.resolve("data").resolve(Long.toString(ProcessHandle.current().pid()));
		run(List.of("install", "-d", "-o", USER, "-g", USER, this.data.toString()));
	}

	static boolean isAvailable() {
		return Files.exists(Path.of("/etc/debian_version")) && "root".equals(System.getProperty("user.name"));
	}

	private static Path unpacked() {
		Path home = Path.of(System.getProperty("user.home"), ".cache", "pg-dispatch");
		Path root = home
			.resolve("postgresql-" + MAJOR + "-cron-" + RELEASE + "-" + Integer.toHexString(PACKAGES.hashCode()));
		try {
			Files.createDirectories(home);
			try (FileChannel channel = FileChannel.open(home.resolve("lock"), StandardOpenOption.CREATE,
					StandardOpenOption.WRITE); FileLock lock = channel.lock()) {
				if (!Files.exists(root)) {
					unpack(root);
				}
				removeLeftovers(root);
			}
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
		return root;
	}

	private static void unpack(Path root) throws IOException {
		System.out.println("Unpacking PostgreSQL " + MAJOR + " with pg_cron into " + root);
		if (!Files.exists(Path.of("/usr/bin/mmdebstrap"))) {
			System.out.println("Installing the package mmdebstrap for that");
			run(List.of("apt-get", "-q", "update"));
			run(List.of("apt-get", "-q", "-y", "install", "mmdebstrap"));
		}
		Path unfinished = root.resolveSibling(root.getFileName() + ".unfinished");
		run(List.of("rm", "-rf", unfinished.toString()));
		run(List.of("mmdebstrap", "--variant=extract", "--include=" + String.join(",", PACKAGES),
				"--aptopt=APT::Install-Recommends \"false\"", "--setup-hook=" + USR_MERGE, RELEASE,
				unfinished.toString()));
		Files.writeString(unfinished.resolve("etc/passwd"), "postgres:x:%1$s:%1$s::/tmp:/bin/sh%n".formatted(USER),
				StandardOpenOption.CREATE, StandardOpenOption.APPEND);
		run(List.of("install", "-d", "-m", "1777", unfinished.resolve("tmp").toString()));
		Files.move(unfinished, root);
	}

	/**
	 * Ends what virtual machines have left running that were killed.
	 */
	private static void removeLeftovers(Path root) throws IOException {
		Path data = root.resolve("data");
		if (!Files.exists(data)) {
			return;
		}
		try (Stream<Path> owners = Files.list(data)) {
			for (Path owner : owners.toList()) {
				if (ProcessHandle.of(Long.parseLong(owner.getFileName().toString())).isEmpty()) {
					remove(owner);
				}
			}
		}
	}

	private static void remove(Path owner) throws IOException {
		try (Stream<Path> servers = Files.list(owner)) {
			for (Path server : servers.toList()) {
				kill(server.resolve("postmaster.pid"));
				kill(server.resolve("pgbouncer.pid"));
			}
		}
		run(List.of("rm", "-rf", owner.toString()));
	}

	private static void kill(Path pid) throws IOException {
		if (Files.exists(pid)) {
			ProcessHandle.of(Long.parseLong(Files.readAllLines(pid).get(0).strip()))
				.ifPresent(ProcessHandle::destroyForcibly);
		}
	}

	@Override
	public String run(String... command) {
		List<String> line = new ArrayList<>(List.of("chroot", "--userspec=" + USER + ":" + USER, this.root.toString()));
		line.addAll(Arrays.asList(command));
		if (!command[0].contains("/")) {
			line.set(3, "/usr/lib/postgresql/" + MAJOR + "/bin/" + command[0]);
		}
		return run(line);
	}

	private static String run(List<String> command) {
		try {
			Path output = Files.createTempFile("pg-dispatch-test-", ".log");
			try {
				// To a file: a server that goes on would keep a pipe open.
				Process process = new ProcessBuilder(command).redirectErrorStream(true)
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

	@Override
	public int reservePort() {
		return Ports.reserve();
	}

	@Override
	public int reachablePort(int port) {
		return port;
	}

	@Override
	public String createDirectory() {
		Path directory = this.data.resolve(UUID.randomUUID().toString());
		run(List.of("install", "-d", "-m", "700", "-o", USER, "-g", USER, directory.toString()));
		return "/" + this.root.relativize(directory);
	}

	@Override
	public void write(String path, String content) {
		try {
			// At once, for what all servers read.
			Path file = this.root.resolve(path.substring(1));
			Path written = Files.writeString(file.resolveSibling(file.getFileName() + "." + UUID.randomUUID()),
					content);
			Files.move(written, file, StandardCopyOption.ATOMIC_MOVE);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	@Override
	public void close() {
		try {
			remove(this.data);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

}
