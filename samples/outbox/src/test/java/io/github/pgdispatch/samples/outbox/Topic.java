package io.github.pgdispatch.samples.outbox;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;
import tools.jackson.databind.json.JsonMapper;

/**
 * Reads the topic from its beginning.
 */
final class Topic implements AutoCloseable {

	private final JsonMapper mapper = new JsonMapper();

	private final Consumer<String, String> consumer;

	private final Map<String, List<Long>> orders = new LinkedHashMap<>();

	private int size;

	Topic(String bootstrapServers) {
		this.consumer = new KafkaConsumer<>(Map.of("bootstrap.servers", bootstrapServers), new StringDeserializer(),
				new StringDeserializer());
		// Not by a group, which begins anew when it has lost the broker.
		List<TopicPartition> partitions = this.consumer.partitionsFor("orders")
			.stream()
			.map((partition) -> new TopicPartition(partition.topic(), partition.partition()))
			.toList();
		this.consumer.assign(partitions);
		this.consumer.seekToBeginning(partitions);
	}

	/**
	 * Returns the number of events so far.
	 */
	int poll() {
		for (ConsumerRecord<String, String> each : this.consumer.poll(Duration.ofMillis(100))) {
			OrderPlaced order = this.mapper.readValue(each.value(), OrderPlaced.class);
			this.orders.computeIfAbsent(each.key(), (key) -> new ArrayList<>()).add(order.id());
			this.size++;
		}
		return this.size;
	}

	/**
	 * Returns the ids of the orders of each customer, as the topic has them.
	 */
	Map<String, List<Long>> orders() {
		return this.orders;
	}

	@Override
	public void close() {
		this.consumer.close();
	}

}
