package io.github.pgdispatch.samples.orders;

import java.time.Duration;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.springframework.beans.factory.annotation.Value;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

/**
 * What is in stock. It is in the database that has the jobs.
 */
@Component
class Stock {

	private static final Logger logger = LoggerFactory.getLogger(Stock.class);

	private final JdbcClient jdbc;

	private final Duration time;

	/**
	 * Creates a stock.
	 * @param jdbc the database
	 * @param time for which the transaction is left open, so that its node can be killed
	 */
	Stock(JdbcClient jdbc, @Value("${orders.time}") Duration time) {
		this.jdbc = jdbc;
		this.time = time;
	}

	void reserve(Order order) {
		int left = this.jdbc.sql("UPDATE stock SET number = number - 1 WHERE item = ? RETURNING number")
			.param(order.item())
			.query(Integer.class)
			.single();
		logger.info("Order {}: reserves {}, of which {} are left once this is committed", order.id(), order.item(),
				left);
		this.jdbc.sql("SELECT pg_sleep(?)").param(this.time.toMillis() / 1000.0).query((row) -> {
		});
		logger.info("Order {}: {} is reserved", order.id(), order.item());
	}

}
