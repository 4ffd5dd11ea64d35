package io.github.pgdispatch.samples.outbox;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

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
 * Tests that no event is lost and that each customer's events are in order, although the
 * broker is stopped and a node is killed while they send.
 */
class OutboxTests {

	private static final List<String> CUSTOMERS = List.of("Ada", "Barbara", "Grace", "Katherine", "Margaret");

	private static final String[] IMPATIENT = { "--outbox.story=false", "--pgdispatch.retry.back-off=200ms",
			"--pgdispatch.retry.max-back-off=1s" };

	/**
	 * An event whose acknowledgement did not arrive is sent again: that of the stopped
	 * broker, and that for the killed node. As the events of a customer are sent one
	 * after the other, each time there is one of each customer at most.
	 */
	private static final int MAX_DUPLICATES = 2;

	private final EmbeddedServers servers = new EmbeddedServers();

	private final Map<String, List<Long>> placed = new LinkedHashMap<>();

	private ConfigurableApplicationContext publisher;

	@BeforeEach
	void start() {
		this.publisher = new SpringApplicationBuilder(OutboxApplication.class).initializers(this.servers)
			.web(WebApplicationType.NONE)
			.run("--outbox.story=false", "--pgdispatch.worker.enabled=false",
					"--spring.kafka.listener.auto-startup=false");
	}

	@AfterEach
	void stop() {
		this.publisher.close();
	}

	@Test
	void eventsSurviveABrokerThatStopsAndANodeThatIsKilled() throws Exception {
		String kafka = this.publisher.getEnvironment().getRequiredProperty("spring.kafka.bootstrap-servers");
		try (WorkerNode killed = WorkerNode.start(this.publisher.getEnvironment(), IMPATIENT);
				WorkerNode other = WorkerNode.start(this.publisher.getEnvironment(), IMPATIENT);
				Topic topic = new Topic(kafka)) {
			placeOrders(30);
			await().atMost(Duration.ofMinutes(1)).until(() -> topic.poll() > CUSTOMERS.size());
			this.servers.stopKafka();
			placeOrders(30);
			await().atMost(Duration.ofMinutes(1)).until(() -> attemptsHaveFailed());
			this.servers.startKafkaAgain();
			int before = topic.poll();
			await().atMost(Duration.ofMinutes(1)).until(() -> topic.poll() > before + CUSTOMERS.size());
			killed.kill();
			placeOrders(5);
			await().atMost(Duration.ofMinutes(1)).until(() -> topic.poll() >= 65 * CUSTOMERS.size() && jobs() == 0);
			topic.poll();
			assertThat(topic.orders()).hasSize(CUSTOMERS.size());
			topic.orders().forEach((customer, sent) -> assertSent(this.placed.get(customer), sent));
		}
	}

	/**
	 * A duplicate comes directly after the event, before any later one.
	 */
	private static void assertSent(List<Long> placed, List<Long> sent) {
		List<Long> withoutDuplicates = new ArrayList<>();
		for (Long order : sent) {
			if (withoutDuplicates.isEmpty() || !order.equals(withoutDuplicates.get(withoutDuplicates.size() - 1))) {
				withoutDuplicates.add(order);
			}
		}
		assertThat(withoutDuplicates).isEqualTo(placed);
		assertThat(sent.size() - placed.size()).isLessThanOrEqualTo(MAX_DUPLICATES);
	}

	private void placeOrders(int number) {
		OrderService orders = this.publisher.getBean(OrderService.class);
		for (int i = 0; i < number; i++) {
			for (String customer : CUSTOMERS) {
				OrderPlaced order = orders.place(new NewOrder(customer, "a loom"));
				this.placed.computeIfAbsent(customer, (key) -> new ArrayList<>()).add(order.id());
			}
		}
	}

	private boolean attemptsHaveFailed() {
		return count("SELECT count(*) FROM pgdispatch.handler_job WHERE message IS NOT NULL") > 0;
	}

	private int jobs() {
		return count("SELECT count(*) FROM pgdispatch.handler_job");
	}

	private int count(String sql) {
		return this.publisher.getBean(JdbcClient.class).sql(sql).query(Integer.class).single();
	}

}
