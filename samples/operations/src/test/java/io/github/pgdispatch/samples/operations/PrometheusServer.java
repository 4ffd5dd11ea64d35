package io.github.pgdispatch.samples.operations;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

import org.awaitility.core.ConditionTimeoutException;
import tools.jackson.databind.JsonNode;

import org.springframework.test.util.TestSocketUtils;
import org.springframework.util.FileSystemUtils;
import org.springframework.web.client.RestClient;

import static org.awaitility.Awaitility.await;

/**
 * A Prometheus that is configured as the README says, but looks each second.
 */
final class PrometheusServer implements AutoCloseable {

	private static final String CONFIGURATION = "prometheus.yml";

	private final Path directory;

	private final Process process;

	private final RestClient http;

	private PrometheusServer(Path directory, Process process, int port) {
		this.directory = directory;
		this.process = process;
		this.http = RestClient.create("http://127.0.0.1:" + port);
	}

	/**
	 * Starts a server.
	 * @param applicationPort port of the application that it scrapes
	 * @return the server, which is to be closed
	 */
	static PrometheusServer start(int applicationPort) throws Exception {
		PrometheusPrograms programs = PrometheusPrograms.find();
		Path directory = programs.createDirectory();
		Files.writeString(directory.resolve(Rules.FILE.getFileName()), Rules.quick());
		Path configuration = Files.writeString(directory.resolve(CONFIGURATION),
				Readme.block("yaml")
					.replace("15s", "1s")
					.replaceFirst("targets: \\[.*]", "targets: [\"127.0.0.1:" + applicationPort + "\"]"));
		int port = TestSocketUtils.findAvailableTcpPort();
		Process process = new ProcessBuilder(
				programs.command("prometheus", "--config.file=" + programs.path(configuration),
						"--storage.tsdb.path=" + programs.path(directory.resolve("data")),
						"--web.listen-address=127.0.0.1:" + port, "--log.level=warn"))
			.inheritIO()
			.start();
		PrometheusServer server = new PrometheusServer(directory, process, port);
		try {
			await().ignoreExceptions()
				.until(() -> server.http.get().uri("/-/ready").retrieve().toBodilessEntity() != null);
		}
		catch (ConditionTimeoutException ex) {
			server.close();
			throw ex;
		}
		return server;
	}

	/**
	 * Returns the results of a query, of which there is one for each of its series.
	 */
	List<JsonNode> query(Query query) {
		return get("/api/v1/query?query={query}", query.expression()).get("result").valueStream().toList();
	}

	/**
	 * Returns the alerts that are pending or fire.
	 */
	List<Alert> alerts() {
		return get("/api/v1/alerts").get("alerts").valueStream().map(Alert::of).toList();
	}

	private JsonNode get(String uri, Object... variables) {
		return this.http.get().uri(uri, variables).retrieve().body(JsonNode.class).get("data");
	}

	@Override
	public void close() throws Exception {
		this.process.destroy();
		this.process.waitFor(10, TimeUnit.SECONDS);
		FileSystemUtils.deleteRecursively(this.directory);
	}

}
