package io.github.pgdispatch.samples.orders;

import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import org.springframework.boot.WebApplicationType;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.jdbc.core.simple.JdbcClient;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Tests that an order is charged once and reserved once, although its node is killed in
 * the middle of both, and its mail fails.
 */
class OrderProcessTests {

	private static final Duration PATIENCE = Duration.ofMinutes(2);

	private final PaymentProvider provider = PaymentProvider.start(Duration.ofSeconds(3));

	private EmbeddedPostgres server;

	private ConfigurableApplicationContext shop;

	private List<String> arguments;

	/**
	 * Starts the shop, which places orders and has no workers.
	 */
	@BeforeEach
	void start() throws Exception {
		this.server = EmbeddedPostgres.builder().start();
		this.arguments = List.of("--server.port=0", "--orders.story=false",
				"--orders.payments.url=" + this.provider.url(),
				"--spring.datasource.url=" + this.server.getJdbcUrl("postgres", "postgres"));
		this.shop = new SpringApplicationBuilder(OrdersApplication.class).web(WebApplicationType.NONE)
			.properties("pgdispatch.worker.enabled=false")
			.run(this.arguments.toArray(String[]::new));
	}

	@AfterEach
	void stop() throws Exception {
		this.shop.close();
		this.provider.close();
		this.server.close();
	}

	@Test
	void orderGoesOnBehindItsStepsAlthoughItsNodeIsKilled() throws Exception {
		this.shop.getBean(OrderService.class).place(new NewOrder("Ada", "an engine"));
		try (Node node = startNode()) {
			await().atMost(PATIENCE).until(() -> this.provider.requests() == 1);
			node.kill();
		}
		try (Node node = startNode()) {
			await().atMost(PATIENCE).until(() -> steps().contains("charge"));
			await().atMost(PATIENCE).until(this::isReserving);
			node.kill();
		}
		assertThat(steps()).containsExactly("charge");
		assertThat(inStock()).isEqualTo(10);
		try (Node node = startNode()) {
			await().atMost(PATIENCE).until(() -> count("SELECT count(*) FROM pgdispatch.handler_job") == 0);
		}
		assertThat(this.provider.requests()).isEqualTo(2);
		assertThat(this.provider.charges()).isEqualTo(1);
		assertThat(inStock()).isEqualTo(9);
		assertThat(steps()).isEmpty();
		assertThat(count("SELECT count(*) FROM pgdispatch.dead_letter")).isZero();
	}

	private Node startNode() throws Exception {
		Path log = Files.createTempFile(Files.createDirectories(Path.of("target", "jvm")), "node", ".log");
		return Node.start(System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
				this.arguments, Redirect.to(log.toFile()));
	}

	private boolean isReserving() {
		return count("""
				SELECT count(*) FROM pg_stat_activity
				 WHERE state = 'active' AND query LIKE 'SELECT pg_sleep%' AND pid <> pg_backend_pid()""") == 1;
	}

	private List<String> steps() {
		return jdbc().sql("SELECT name FROM pgdispatch.step ORDER BY ended_at").query(String.class).list();
	}

	private int inStock() {
		return count("SELECT number FROM stock WHERE item = 'an engine'");
	}

	private int count(String sql) {
		return jdbc().sql(sql).query(Integer.class).single();
	}

	private JdbcClient jdbc() {
		return this.shop.getBean(JdbcClient.class);
	}

}
