package io.github.pgdispatch.samples.operations;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

import io.github.pgdispatch.test.DebianPackages;
import io.github.pgdispatch.test.LoudSkip;

/**
 * The programs of Prometheus: those on the path or, in continuous integration as root on
 * Debian, those of Debian's packages.
 *
 * @param root of the file system that the programs see
 */
record PrometheusPrograms(Path root) {

	private static final Path SYSTEM = Path.of("/");

	static PrometheusPrograms find() {
		return find(System.getenv());
	}

	static PrometheusPrograms find(Map<String, String> environment) {
		if (Stream.of("prometheus", "promtool").allMatch((program) -> isOnPath(program, environment))) {
			return new PrometheusPrograms(SYSTEM);
		}
		if ("true".equals(environment.get("CI")) && DebianPackages.areAvailable()) {
			return new PrometheusPrograms(DebianPackages.unpacked("prometheus", List.of("prometheus"), (root) -> {
			}, (root) -> {
			}));
		}
		return LoudSkip.of("""
				There is no Prometheus for the tests of the alert rules. They take the programs
				prometheus and promtool on the path. With CI=true as root on Debian, they take
				both from Debian's packages, in a folder of their own.""", environment);
	}

	private static boolean isOnPath(String program, Map<String, String> environment) {
		return Stream.of(environment.getOrDefault("PATH", "").split(File.pathSeparator))
			.anyMatch((folder) -> Files.isExecutable(Path.of(folder, program)));
	}

	/**
	 * Creates a directory that the programs see.
	 */
	Path createDirectory() throws IOException {
		return this.root.equals(SYSTEM) ? Files.createTempDirectory("pg-dispatch-prometheus-")
				: Files.createTempDirectory(this.root.resolve("tmp"), "pg-dispatch-prometheus-");
	}

	/**
	 * Returns the path by which the programs know a file.
	 */
	String path(Path file) {
		return SYSTEM.resolve(this.root.relativize(file)).toString();
	}

	/**
	 * Returns a command that runs a program.
	 */
	List<String> command(String program, String... arguments) {
		List<String> command = new ArrayList<>();
		if (this.root.equals(SYSTEM)) {
			command.add(program);
		}
		else {
			command.addAll(List.of("chroot", this.root.toString(), "/usr/bin/" + program));
		}
		command.addAll(List.of(arguments));
		return command;
	}

}
