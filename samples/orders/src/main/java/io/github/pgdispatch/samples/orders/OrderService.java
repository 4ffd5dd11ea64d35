package io.github.pgdispatch.samples.orders;

import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Service;
import org.springframework.transaction.annotation.Transactional;

@Service
class OrderService {

	private final JdbcClient jdbc;

	private final OrderProcess process;

	OrderService(JdbcClient jdbc, OrderProcess process) {
		this.jdbc = jdbc;
		this.process = process;
	}

	/**
	 * Places an order, whose process begins after the commit.
	 */
	@Transactional
	Order place(NewOrder order) {
		long id = this.jdbc.sql("INSERT INTO placed_order (customer, item) VALUES (?, ?) RETURNING id")
			.params(order.customer(), order.item())
			.query(Long.class)
			.single();
		Order placed = new Order(id, order.customer(), order.item());
		this.process.run(placed, null);
		return placed;
	}

}
