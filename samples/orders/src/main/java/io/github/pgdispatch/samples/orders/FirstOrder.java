package io.github.pgdispatch.samples.orders;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.springframework.boot.ApplicationArguments;
import org.springframework.boot.ApplicationRunner;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

/**
 * Places an order if there is none yet, and tells how to kill this node.
 */
@Component
@ConditionalOnBooleanProperty("orders.story")
class FirstOrder implements ApplicationRunner {

	private static final Logger logger = LoggerFactory.getLogger(FirstOrder.class);

	private final OrderService orders;

	private final JdbcClient jdbc;

	FirstOrder(OrderService orders, JdbcClient jdbc) {
		this.orders = orders;
		this.jdbc = jdbc;
	}

	@Override
	public void run(ApplicationArguments arguments) {
		logger.info("Kill this node at any time: kill -9 {}", ProcessHandle.current().pid());
		if (this.jdbc.sql("SELECT count(*) FROM placed_order").query(Integer.class).single() == 0) {
			this.orders.place(new NewOrder("Ada", "an engine"));
		}
	}

}
