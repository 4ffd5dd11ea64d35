package io.github.pgdispatch.testing;

import io.github.pgdispatch.AfterCommitDispatch;
import jakarta.persistence.EntityManager;

import org.springframework.transaction.annotation.Transactional;

/**
 * Side effects that use JPA.
 */
class Newcomers {

	private final EntityManager entityManager;

	Newcomers(EntityManager entityManager) {
		this.entityManager = entityManager;
	}

	@AfterCommitDispatch
	@Transactional
	void add(long id, String name) {
		this.entityManager.persist(new Newcomer(id, name));
	}

	@AfterCommitDispatch
	@Transactional
	void addForSure(long id, String name) {
		this.entityManager.createNativeQuery("INSERT INTO newcomer VALUES (:id, :name)")
			.setParameter("id", id)
			.setParameter("name", name)
			.executeUpdate();
	}

}
