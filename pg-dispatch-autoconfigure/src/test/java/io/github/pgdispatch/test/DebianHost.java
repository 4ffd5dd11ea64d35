package io.github.pgdispatch.test;

import java.io.IOException;
import java.io.UncheckedIOException;
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
 * A PostgreSQL from Debian's packages. The servers' data is not kept.
 */
final class DebianHost implements PgCronHost {

	private static final List<String> PACKAGES = List.of("postgresql-" + MAJOR, "postgresql-" + MAJOR + "-cron",
			"postgresql-" + MAJOR + "-pgtap", "pgbouncer", "dash", "coreutils", "tzdata");

	/**
	 * Somebody without a name outside, and with no rights.
	 */
	private static final String USER = "54321";

	private final Path root;

	private final Path data;

	private final Path memory;

	DebianHost() {
		this.root = DebianPackages.unpacked("postgresql-" + MAJOR + "-cron", PACKAGES, DebianHost::addUser,
				DebianHost::removeLeftovers);
		this.data = createOwn("data");
		this.memory = createOwn("memory");
		MemoryMount.mount(this.memory);
	}

	private Path createOwn(String kind) {
		Path directory = this.root.resolve(kind).resolve(Long.toString(ProcessHandle.current().pid()));
		DebianPackages.run(List.of("install", "-d", "-o", USER, "-g", USER, directory.toString()));
		return directory;
	}

	private static void addUser(Path root) throws IOException {
		Files.writeString(root.resolve("etc/passwd"), "postgres:x:%1$s:%1$s::/tmp:/bin/sh%n".formatted(USER),
				StandardOpenOption.CREATE, StandardOpenOption.APPEND);
	}

	/**
	 * Ends what virtual machines have left running that were killed.
	 */
	private static void removeLeftovers(Path root) throws IOException {
		removeLeftoversIn(root.resolve("data"));
		removeLeftoversIn(root.resolve("memory"));
	}

	private static void removeLeftoversIn(Path directory) throws IOException {
		if (!Files.exists(directory)) {
			return;
		}
		try (Stream<Path> owners = Files.list(directory)) {
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
		MemoryMount.unmount(owner);
		DebianPackages.run(List.of("rm", "-rf", owner.toString()));
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
		return DebianPackages.run(line);
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
		return createDirectory(this.data);
	}

	@Override
	public String createDirectoryInMemory() {
		return createDirectory(this.memory);
	}

	private String createDirectory(Path parent) {
		Path directory = parent.resolve(UUID.randomUUID().toString());
		DebianPackages.run(List.of("install", "-d", "-m", "700", "-o", USER, "-g", USER, directory.toString()));
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
			remove(this.memory);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

}
