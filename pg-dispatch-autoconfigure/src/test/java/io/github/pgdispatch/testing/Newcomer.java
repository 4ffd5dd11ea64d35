package io.github.pgdispatch.testing;

import jakarta.persistence.Entity;
import jakarta.persistence.Id;

@Entity
class Newcomer {

	@Id
	private long id;

	private String name;

	Newcomer() {
	}

	Newcomer(long id, String name) {
		this.id = id;
		this.name = name;
	}

	long getId() {
		return this.id;
	}

	String getName() {
		return this.name;
	}

}
