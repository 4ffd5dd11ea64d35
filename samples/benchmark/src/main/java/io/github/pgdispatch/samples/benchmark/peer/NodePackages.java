package io.github.pgdispatch.samples.benchmark.peer;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

import io.github.pgdispatch.test.DebianPackages;

import org.springframework.core.io.ClassPathResource;
import org.springframework.util.DigestUtils;

/**
 * A program for Node.js with the packages that it needs, in a folder of the user's cache.
 * The folder is kept, as npm takes a while to fetch them.
 *
 * @param folder that has the program
 */
record NodePackages(Path folder) {

	static boolean areAvailable() {
		return Stream.of("node", "npm").allMatch(NodePackages::isOnPath);
	}

	private static boolean isOnPath(String program) {
		return Stream.of(System.getenv("PATH").split(File.pathSeparator))
			.anyMatch((folder) -> Files.isExecutable(Path.of(folder, program)));
	}

	/**
	 * Installs a program, unless it is.
	 * @param resources the folder of the program and of its {@code package.json}
	 * @param program the name of its file
	 */
	static NodePackages install(String resources, String program) {
		try {
			byte[] manifest = read(resources, "package.json");
			byte[] source = read(resources, program);
			Path home = Path.of(System.getProperty("user.home"), ".cache", "pg-dispatch");
			Path folder = home.resolve(
					resources + "-" + DigestUtils.md5DigestAsHex(manifest) + "-" + DigestUtils.md5DigestAsHex(source));
			if (!Files.exists(folder)) {
				Path unfinished = Files.createTempDirectory(Files.createDirectories(home), resources);
				Files.write(unfinished.resolve("package.json"), manifest);
				Files.write(unfinished.resolve(program), source);
				// With --prefix, npm would look for its configuration there as well.
				DebianPackages.run(unfinished, List.of("npm", "install", "--no-audit", "--no-fund"));
				Files.move(unfinished, folder);
			}
			return new NodePackages(folder);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	private static byte[] read(String resources, String file) throws IOException {
		return new ClassPathResource(resources + "/" + file, NodePackages.class).getContentAsByteArray();
	}

	/**
	 * Runs a program, and waits for it.
	 * @param program its file in the folder
	 * @param arguments of the program
	 */
	void run(String program, String... arguments) {
		DebianPackages.run(command(program, arguments));
	}

	/**
	 * Starts a program, which is told by the end of its input that this virtual machine
	 * has ended.
	 * @param program its file in the folder
	 * @param arguments of the program
	 */
	Process start(String program, String... arguments) {
		return start(Redirect.DISCARD, program, arguments);
	}

	/**
	 * Runs a program that is started in the same way, and waits for it.
	 * @param program its file in the folder
	 * @param arguments of the program
	 * @return what it has printed
	 */
	String output(String program, String... arguments) {
		Process process = start(Redirect.PIPE, program, arguments);
		try (InputStream printed = process.getInputStream()) {
			String output = new String(printed.readAllBytes(), StandardCharsets.UTF_8);
			int status = process.onExit().join().exitValue();
			if (status != 0) {
				throw new IllegalStateException(program + " ended with " + status);
			}
			return output;
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	private Process start(Redirect output, String program, String... arguments) {
		try {
			ProcessBuilder builder = new ProcessBuilder(command(program, arguments));
			// For graphile-worker: not a line for each job.
			builder.environment().put("NO_LOG_SUCCESS", "1");
			return builder.redirectOutput(output).redirectError(Redirect.INHERIT).start();
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	private List<String> command(String program, String... arguments) {
		List<String> command = new ArrayList<>(List.of(node(), this.folder.resolve(program).toString()));
		command.addAll(List.of(arguments));
		return command;
	}

	/**
	 * Node.js itself may be one of the packages, where another version is needed.
	 */
	private String node() {
		Path packaged = this.folder.resolve(Path.of("node_modules", "node", "bin", "node"));
		return Files.isExecutable(packaged) ? packaged.toString() : "node";
	}

}
