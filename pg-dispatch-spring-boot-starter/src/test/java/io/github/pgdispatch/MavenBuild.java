package io.github.pgdispatch;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

import org.apache.maven.shared.invoker.DefaultInvocationRequest;
import org.apache.maven.shared.invoker.DefaultInvoker;
import org.apache.maven.shared.invoker.InvocationRequest;
import org.apache.maven.shared.invoker.InvocationResult;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A build of a project that does not belong to this one, with the Maven and the settings
 * of this one.
 *
 * @param project directory of the project
 * @param repository local repository
 */
record MavenBuild(Path project, Path repository) {

	void run(String... arguments) throws Exception {
		// Where Maven stops looking for what encloses the project.
		Files.createDirectories(this.project.resolve(".mvn"));
		List<String> output = new ArrayList<>();
		InvocationRequest request = new DefaultInvocationRequest().setBaseDirectory(this.project.toFile())
			.setMavenHome(new File(System.getProperty("outer.maven.home")))
			.setJavaHome(new File(System.getProperty("java.home")))
			.setLocalRepositoryDirectory(this.repository.toFile())
			.setUserSettingsFile(existing("outer.maven.user-settings"))
			.setGlobalSettingsFile(existing("outer.maven.global-settings"))
			.setBatchMode(true)
			.setNoTransferProgress(true)
			.setOutputHandler(output::add)
			.addArgs(List.of(arguments));
		request.setTimeoutInSeconds(600);
		InvocationResult result = new DefaultInvoker().execute(request);
		assertThat(result.getExecutionException()).isNull();
		assertThat(result.getExitCode()).as(() -> String.join("\n", output)).isZero();
	}

	private static File existing(String property) {
		File file = new File(System.getProperty(property));
		return file.exists() ? file : null;
	}

}
